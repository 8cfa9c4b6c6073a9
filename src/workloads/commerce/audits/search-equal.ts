import type { Audit } from '../../../core/audit.ts'
import { addViolation, newFindings, outcomeOf } from '../../../patterns/audits/findings.ts'
import type { Statement } from '../../../stores/postgres/client.ts'
import { PRODUCTS_ALIAS } from '../fixed/search/elastic.ts'
import { commerceStores } from '../stores.ts'

const PAGE = 5_000

const ACTIVE: Statement = {
  name: 'audit search active',
  text: `SELECT product_id::text AS id, version, title, price_minor FROM products WHERE status = 'active'`,
}

interface ActiveRow {
  readonly id: string
  readonly version: bigint
  readonly title: string
  readonly price_minor: bigint
}

/** The fields that are compared; a 63-bit integer may come as either type. */
interface Indexed {
  readonly title: string
  readonly price_minor: number | bigint
}

/** The search index holds the active products as they are, and nothing else: the diff of a derived store (E-35, E-39). */
export const searchEqual: Audit = {
  name: 'search.equal',
  claims: ['ECM-22', 'ECM-79'],
  defects: ['E-35', 'E-39'],
  async run({ stores }) {
    const { postgres, elasticsearch } = commerceStores(stores, 'fixed')
    const findings = newFindings()
    const active = new Map((await postgres.query<ActiveRow>(ACTIVE)).map((row) => [row.id, row]))
    await elasticsearch.refresh(PRODUCTS_ALIAS)
    await elasticsearch.forEach<Indexed>(PRODUCTS_ALIAS, PAGE, (page) => {
      for (const { id, version, source } of page) {
        const row = active.get(id)
        active.delete(id)
        findings.checked += 1
        if (row === undefined) addViolation(findings, `product ${id} is found and is not active`)
        else if (row.version !== version)
          addViolation(findings, `product ${id} is indexed in version ${version} and is in ${row.version}`)
        else if (row.title !== source.title || row.price_minor !== BigInt(source.price_minor))
          addViolation(findings, `product ${id} is indexed otherwise than it is`)
      }
    })
    for (const id of active.keys()) {
      findings.checked += 1
      addViolation(findings, `product ${id} is active and not found`)
    }
    return outcomeOf(findings)
  },
}
