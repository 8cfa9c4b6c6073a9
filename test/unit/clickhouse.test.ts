import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { writeBody } from '../../src/stores/clickhouse/daemon/body.ts'
import { asException, exception, statusOf } from '../../src/stores/clickhouse/daemon/exceptions.ts'
import { fromFile, literal, readsInput } from '../../src/stores/clickhouse/daemon/insert.ts'
import { askedBy } from '../../src/stores/clickhouse/daemon/request.ts'
import { turnsOf } from '../../src/stores/clickhouse/daemon/turns.ts'

const inserts: readonly (readonly [text: string, rewritten: string | undefined])[] = [
  ['INSERT INTO a FORMAT TSV', "INSERT INTO a FROM INFILE '/f' COMPRESSION 'none' FORMAT TSV"],
  [
    ' insert into `a`.`b` (c, d)\nSETTINGS async_insert = 0\nFORMAT JSONEachRow ;',
    " insert into `a`.`b` (c, d) FROM INFILE '/f' COMPRESSION 'none'\nSETTINGS async_insert = 0 FORMAT JSONEachRow",
  ],
  ['INSERT INTO a VALUES', undefined],
  ['INSERT INTO a FORMAT Values', undefined],
  ['INSERT INTO a', undefined],
  ['INSERT INTO a SELECT * FROM b FORMAT TSV', undefined],
  ["INSERT INTO a FROM INFILE '/g' FORMAT TSV", undefined],
  ['SELECT 1 FORMAT TSV', undefined],
]

t.test('rows that follow an INSERT are taken from a file, and nothing else is rewritten', async (t) => {
  for (const [text, rewritten] of inserts) t.equal(fromFile(text, '/f'), rewritten, text)
  t.equal(literal("it's \\"), "'it\\'s \\\\'")
  t.equal(readsInput("INSERT INTO a SELECT * FROM input('x UInt8') FORMAT TSV"), true)
  t.equal(readsInput('INSERT INTO inputs SELECT 1'), false)
})

t.test(
  'an exception has the code and the status that ClickHouse gives it, and shows no file of ours',
  async (t) => {
    const said = asException(
      new Error(
        'Code: 27. DB::Exception: Code: 27. DB::Exception: Cannot parse (at row 1)\n: (in file/uri /x): While',
      ),
    )
    t.equal(said.code, 27)
    t.equal(said.message, 'Code: 27. DB::Exception: Cannot parse (at row 1): While')
    t.equal(asException('odd').code, 1001)
    t.same([60, 62, 516, 159, 243, 241].map(statusOf), [404, 400, 403, 408, 500, 500])
    t.equal(asException(exception(60, 'X', 'y')).message, 'Code: 60. DB::Exception: y. (X)')
  },
)

t.test(
  'settings and parameters are told apart from what is the protocol, and a link changes nothing',
  async (t) => {
    const search = new URLSearchParams('query=q&max_threads=1&param_x=y&wait_end_of_query=1&session_id=s')
    t.match(askedBy(search, {}, true), {
      text: 'q',
      settings: [
        ['max_threads', '1'],
        ['readonly', '2'],
      ],
      parameters: [['param_x', 'y']],
      session: { id: 's', seconds: 60 },
      waits: true,
      format: 'TabSeparated',
    })
    t.throws(() => askedBy(new URLSearchParams([['a = 1, b', '1']]), {}, false), { code: 115 })
    t.throws(() => askedBy(new URLSearchParams('compress=1'), {}, false), { code: 48 })
  },
)

t.test(
  'no more run at once than may, in the order in which they came, and the end waits for all',
  async (t) => {
    const turns = turnsOf(2)
    const order: number[] = []
    const leaves = await Promise.all([turns.enter(), turns.enter()])
    const waiting = [3, 4].map(async (number) => {
      const leave = await turns.enter()
      order.push(number)
      leave()
    })
    const ended = turns.end().then(() => order.push(9))
    await t.rejects(turns.enter(), { code: 236 })
    t.same(order, [])
    for (const leave of leaves) leave()
    await Promise.all([...waiting, ended])
    t.same(order, [3, 4, 9])
  },
)

t.test('a full disk is an answer (243), also to a caller that is still sending', async (t) => {
  const server = createServer((request, response) => {
    writeBody(request, '/dev/full').then(
      () => response.end('written'),
      (error: unknown) => response.end(String(asException(error).code)),
    )
  }).listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  const answer = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: Buffer.alloc(20_000_000) })
  t.equal(await answer.text(), '243')
})
