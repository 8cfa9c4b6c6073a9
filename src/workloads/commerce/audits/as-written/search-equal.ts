import type { Audit } from '../../../../core/audit.ts'
import { addViolation, newFindings, outcomeOf } from '../../../../patterns/audits/findings.ts'
import type { Statement } from '../../../../stores/postgres/client.ts'
import { PRODUCTS_INDEX } from '../../as-written/index-product.ts'
import { commerceStores } from '../../stores.ts'

const PAGE = 5_000

const ACTIVE: Statement = {
  name: 'audit search active as written',
  text: `SELECT product_id::text AS id, title, price::float8 AS price FROM products WHERE status = 'active'`,
}

interface Product {
  readonly title: string
  readonly price: number
}

/** The search index holds the active products as they are, and nothing else (E-35, E-39). */
export const searchEqualAsWritten: Audit = {
  name: 'search.equal',
  claims: ['ECM-22', 'ECM-79'],
  defects: ['E-35', 'E-39'],
  async run({ stores }) {
    const { postgres, elasticsearch } = commerceStores(stores, 'as-written')
    const findings = newFindings()
    const rows = await postgres.query<Product & { id: string }>(ACTIVE)
    const active = new Map(rows.map((row) => [row.id, row]))
    await elasticsearch.refresh(PRODUCTS_INDEX)
    await elasticsearch.forEach<Product>(PRODUCTS_INDEX, PAGE, (page) => {
      for (const { id, source } of page) {
        const row = active.get(id)
        active.delete(id)
        findings.checked += 1
        if (row === undefined) addViolation(findings, `product ${id} is found and is not active`)
        else if (row.title !== source.title || row.price !== source.price)
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
