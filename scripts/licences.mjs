import {existsSync, readdirSync, readFileSync} from 'node:fs'

/**
 * The licence texts of the bundled packages, by name.
 * @param {string} root folder of the project, with a slash
 * @param {string[]} packages folders below node_modules
 */
export function licenceList(root, packages) {
  const parts = packages.map(name => {
    const folder = `${root}node_modules/${name}`
    const {version, license, licenses} = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'))
    const file = existsSync(folder) && readdirSync(folder).find(entry => /^licen[cs]e/i.test(entry))
    const kind = license ?? licenses?.map(entry => entry.type).join(', ') ?? 'see its text'
    const text = file
      ? readFileSync(`${folder}/${file}`, 'utf8').trim()
      : `(${kind}; the package brings no text)`
    return `## ${name} ${version}\n\nLicence: ${kind}\n\n${text.replace(/^/gm, '    ')}\n`
  })
  return `# Licences of the packages that hub-mon is bundled with\n\n${parts.join('\n')}`
}
