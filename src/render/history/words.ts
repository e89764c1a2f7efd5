import type {HistoryFacts} from '../../snapshot/history.ts'
import {clean} from '../text/clean.ts'
import {duration} from '../text/duration.ts'
import {count, plural} from '../text/number.ts'
import {paletteFor} from '../text/palette.ts'
import {symbolsFor} from '../text/symbols.ts'
import {moment} from '../text/target.ts'
import {wrap} from '../text/width.ts'
import type {View} from '../view.ts'

/** Which window this is and how long: the head of what is told of it. */
export function windowLine({from, to}: HistoryFacts): string {
  return clean(`Window ${moment(from)} to ${moment(to)} (${windowLength({from, to})})`)
}

export function windowLength({from, to}: Pick<HistoryFacts, 'from' | 'to'>): string {
  return duration((Date.parse(to) - Date.parse(from)) / 1000)
}

/** What was not seen of it, and what keeps that from getting better; empty when all was. */
export function coverageLines(history: HistoryFacts, view: View): string[] {
  const {coverage, recorder, sharedNames} = history
  const {missingSeconds, missedEvents, complete} = coverage
  const parts = [
    ...(missingSeconds > 0 ? [`${shortTime(missingSeconds)} missing`] : []),
    ...(missedEvents > 0 ? [`at least ${plural(missedEvents, 'event')} lost`] : []),
  ]
  const paused = recorder?.pausedBecause ?? null
  const sentences = [
    ...(complete ? [] : [`incomplete, ${parts.join(', ')}: counts are lower bounds, figures are marked *`]),
    ...(sharedNames.length === 0
      ? []
      : [
          `two nodes at once were called ${sharedNames.map(clean).join(', ')}: which of their tasks vanished is not known, nor what was lost`,
        ]),
    ...(recorder === null ? ['no recorder has written for a minute: hub-mon record starts one'] : []),
    ...(paused === null ? [] : [`the recorder writes nothing: ${reasons[paused] ?? clean(String(paused))}`]),
  ]
  const {warn} = paletteFor(view)
  const room = view.fit ? view.columns : Number.POSITIVE_INFINITY
  return sentences.flatMap(sentence => wrap(`${symbolsFor(view).warning} ${sentence}`, room).map(warn))
}

const reasons: Record<string, string> = {
  memory: 'its Redis is short of memory',
  'too-large': 'the history is as large as it may get (history.mostMegabytes)',
}

/** Seconds are told up to two minutes: a gap is often less than that. */
function shortTime(seconds: number): string {
  return seconds < 120 ? `${Math.round(seconds)} s` : duration(seconds)
}

/** `12/s`, `3.4/min`, `5/h`: in the unit in which it is one or more. */
export function paceInWords(perSecond: number | null): string {
  if (perSecond === null) return ''
  if (perSecond === 0) return '0/min'
  if (perSecond >= 1) return `${rounded(perSecond)}/s`
  return perSecond * 60 >= 1 ? `${rounded(perSecond * 60)}/min` : `${rounded(perSecond * 3600)}/h`
}

const steady = 0.05

/** `↑ 1.8×`, in words where there are no arrows; empty where there is nothing to compare with. */
export function trendInWords(trend: number | null, view: Pick<View, 'fit' | 'unicode'>): string {
  if (trend === null) return ''
  const drawn = view.fit && view.unicode
  if (Math.abs(trend - 1) < steady) return drawn ? '→' : 'same'
  const [arrow, word] = trend > 1 ? ['↑', 'up'] : ['↓', 'down']
  return drawn ? `${arrow} ${rounded(trend)}×` : `${word} ${rounded(trend)}x`
}

function rounded(value: number): string {
  return count(Number(value.toFixed(value >= 10 ? 0 : value >= 0.1 ? 1 : 2)))
}
