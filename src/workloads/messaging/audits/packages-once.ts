import type { Audit } from '../../../core/audit.ts'
import { addViolation, newFindings, outcomeOf } from '../../../patterns/audits/findings.ts'

/** Each key package was handed out to one device; those of last resort apart, which are there for it (M-13). */
export const packagesOnce: Audit = {
  name: 'packages.once',
  claims: ['MSG-27'],
  defects: ['M-13'],
  async run({ journal }) {
    const resorts = new Set<string>()
    for await (const { keys } of journal.entries('package.last-resort'))
      resorts.add(String(keys['fingerprint']))
    const claimed = new Map<string, number>()
    let lastResorts = 0
    for await (const { keys } of journal.entries('package.claimed')) {
      const name = String(keys['fingerprint'])
      if (resorts.has(name)) lastResorts += 1
      else claimed.set(name, (claimed.get(name) ?? 0) + 1)
    }
    const findings = newFindings()
    for (const [name, times] of claimed) {
      findings.checked += 1
      if (times > 1) addViolation(findings, `package ${name} was handed out ${times} times`)
    }
    return outcomeOf(findings, `${lastResorts} times the last resort`)
  },
}
