import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { openKafka } from '../../src/stores/kafka/connect.ts'

t.test(
  'a broker that dies in the middle of a handshake is an operation that failed, and never ends the process',
  async (t) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.once('data', () => socket.resetAndDestroy())
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const kafka = openKafka(
      {
        store: 'kafka',
        provider: 'external',
        topology: 'single',
        host: '127.0.0.1',
        port,
        user: 'arch',
        password: 'arch',
      },
      { poolSize: 1, applicationName: 'test', keepsPlans: false },
    )
    await t.rejects(kafka.topicNames(), { name: 'OperationFailure', kind: 'unavailable' })
    await kafka.close()
    server.close()
  },
)
