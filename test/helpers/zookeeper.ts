import { connect } from 'node:net'

const HEADER_BYTES = 4
const GET_CHILDREN = 8

function framed(body: Buffer): Buffer {
  const length = Buffer.alloc(HEADER_BYTES)
  length.writeInt32BE(body.length)
  return Buffer.concat([length, body])
}

/** What ZooKeeper's protocol calls a connect request, for a new session of ten seconds. */
function newSession(): Buffer {
  const body = Buffer.alloc(45)
  body.writeInt32BE(10_000, 12)
  body.writeInt32BE(16, 24)
  return framed(body)
}

function childrenOfRoot(): Buffer {
  const body = Buffer.alloc(14)
  body.writeInt32BE(1, 0)
  body.writeInt32BE(GET_CHILDREN, 4)
  body.writeInt32BE(1, 8)
  body.write('/', 12)
  return framed(body)
}

/** The code by which a ZooKeeper on loopback answers somebody who asks for its nodes and says no password: 0 is an answer. */
export async function strangersAnswer(port: number): Promise<number> {
  const socket = connect(port, '127.0.0.1')
  socket.write(newSession())
  socket.write(childrenOfRoot())
  let seen = Buffer.alloc(0)
  try {
    for await (const chunk of socket) {
      seen = Buffer.concat([seen, chunk as Buffer])
      const first = HEADER_BYTES + (seen.length < HEADER_BYTES ? Infinity : seen.readInt32BE(0))
      if (seen.length >= first + HEADER_BYTES + 16) return seen.readInt32BE(first + HEADER_BYTES + 12)
    }
    throw new Error('ZooKeeper ended the connection')
  } finally {
    socket.destroy()
  }
}
