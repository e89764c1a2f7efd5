import type {Rules} from './rules.ts'
import type {RuleSource} from './source.ts'

/** A file of rules for Prometheus. The same rows give the same text. */
export async function rulesYaml({rules, leftOut}: Rules, {id}: RuleSource, command: string): Promise<string> {
  const {Document, isMap} = await import('yaml')
  const document = new Document({
    groups: [{name: 'hub-mon', rules: rules.map(({comment: _comment, ...rule}) => rule)}],
  })
  document.commentBefore = [
    ` Written by: ${command}`,
    ` Over the series of ${id === 'flower' ? "Flower's /metrics" : 'hub-mon metrics --listen'}.`,
    ...(leftOut.length === 0 ? [] : [` It cannot tell, and these are left out: ${leftOut.join(', ')}`]),
  ].join('\n')
  for (const [place, {comment}] of rules.entries()) {
    const node = document.getIn(['groups', 0, 'rules', place])
    if (comment !== null && isMap(node)) node.commentBefore = ` ${comment}`
  }
  return document.toString({lineWidth: 0})
}
