/** What came last of a log that is read as it comes: at most so many bytes of text are held. */
export async function lastLines(
  lines: AsyncIterable<string>,
  mostBytes: number,
): Promise<{lines: string[]; dropped: number}> {
  const kept: string[] = []
  let [bytes, dropped] = [0, 0]
  for await (const line of lines) {
    kept.push(line)
    bytes += line.length
    while (bytes > mostBytes && kept.length > 1) {
      bytes -= kept.shift()?.length ?? 0
      dropped += 1
    }
  }
  return {lines: kept, dropped}
}
