/** Reachable from other machines, as far as the address it is bound to says. */
export function isBeyondLoopback(hostIp: string): boolean {
  return !/^(127\.|::1$|\[::1\]$|localhost$)/.test(hostIp)
}
