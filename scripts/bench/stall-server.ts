// An HTTP server that answers at once, but stands still for 1.4 s at its 9,000th request: 9 s after the first at 1,000/s.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const STILL_AT_REQUEST = 9_000
const STILL_FOR_MS = 1_400
const BACKLOG = 4_096

const cell = new Int32Array(new SharedArrayBuffer(4))
let requests = 0

const server = createServer((_request, response) => {
  requests += 1
  if (requests === STILL_AT_REQUEST) Atomics.wait(cell, 0, 0, STILL_FOR_MS)
  response.end('ok')
})
server.listen({ port: 0, host: '127.0.0.1', backlog: BACKLOG }, () => {
  process.send?.((server.address() as AddressInfo).port)
})
