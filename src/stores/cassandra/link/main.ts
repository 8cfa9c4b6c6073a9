// The way into one node from other data centres: what comes to `from` goes on to `to`, until the process that started this
// one is gone. SIGUSR2 cuts it: every connection ends and no new one is let in; SIGHUP makes it whole again.
import { writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import type { Socket } from 'node:net'

const LOOK_MS = 250
const [, , port = '', from = '', to = '', pidFile = ''] = process.argv
const node = process.ppid
const open = new Set<Socket>()

function keep(socket: Socket, other: Socket): void {
  open.add(socket)
  // The other end is told, and tries anew: an error here is nothing else than an end.
  socket.on('error', () => undefined)
  socket.on('close', () => {
    open.delete(socket)
    other.destroy()
  })
}

const server = createServer({ noDelay: true }, (caller) => {
  const called = connect({ host: to, port: Number(port), noDelay: true })
  keep(caller, called)
  keep(called, caller)
  caller.pipe(called).pipe(caller)
})

function listen(): void {
  if (!server.listening) server.listen({ host: from, port: Number(port) })
}

function cut(): void {
  server.close()
  for (const socket of open) socket.destroy()
}

server.on('error', (error) => {
  // Nobody in another data centre could reach the node: better none than one that waits for ever.
  process.stdout.write(`the way from other data centres cannot be opened: ${error.message}\n`)
  if (process.ppid === node) process.kill(node, 'SIGTERM')
  process.exit(1)
})
process.on('SIGUSR2', cut)
process.on('SIGHUP', listen)
setInterval(() => {
  if (process.ppid !== node) process.exit(0)
}, LOOK_MS)
writeFileSync(pidFile, `${process.pid}\n`)
listen()
