import { encodeFrame } from '../../protocol/frame.ts'
import type { Pushed } from '../../protocol/answers.ts'
import { deliver } from './entries.ts'
import type { EntryName, Part, Payload } from './entries.ts'
import type { Session } from './gateway.ts'

/** Tells a device something that nobody asked for and that is not kept. */
export function tell(session: Session, pushed: Pushed): void {
  session.socket.send(encodeFrame(pushed))
}

/** Sends an entry, and remembers that it has not been taken yet. */
export function sendEntry(
  session: Session,
  name: EntryName,
  payload: Payload,
  position: number,
  part: Part,
): void {
  const { frame, unconfirmed } = deliver(name, payload, position, part)
  session.unconfirmed.push(unconfirmed)
  session.sent = position
  session.socket.send(frame)
}

/** Resolves once the device has taken enough that more may be sent; false when it is gone. */
export async function roomFor(session: Session, most: number): Promise<boolean> {
  while (session.unconfirmed.length > most) {
    if (session.socket.readyState !== session.socket.OPEN) return false
    await new Promise<void>((resolve) => {
      session.onTaken = resolve
    })
  }
  return session.socket.readyState === session.socket.OPEN
}
