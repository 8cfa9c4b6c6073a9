/** A frame that is longer is refused: its sender is not one of ours. Groups get their keys in several frames. */
export const LARGEST_FRAME: number = 128 * 1_024

const HEADER_BYTES = 4

/** What goes over a socket: words that both sides read, and bytes that only devices do. */
export interface Frame {
  readonly header: unknown
  readonly body: Buffer
}

/** A frame is malformed: what it says cannot be read. */
export class FrameError extends Error {
  override readonly name = 'FrameError'
}

const NOTHING = Buffer.alloc(0)

/** The length of the header, the header as JSON, the body as it is. */
export function encodeFrame(header: object, body: Uint8Array = NOTHING): Buffer {
  const words = Buffer.from(JSON.stringify(header))
  const frame = Buffer.allocUnsafe(HEADER_BYTES + words.length + body.length)
  frame.writeUInt32BE(words.length, 0)
  words.copy(frame, HEADER_BYTES)
  frame.set(body, HEADER_BYTES + words.length)
  return frame
}

/** Reads a frame; its header is not validated yet. @throws FrameError */
export function decodeFrame(frame: Buffer): Frame {
  const length = frame.length < HEADER_BYTES ? undefined : frame.readUInt32BE(0)
  const end = length === undefined ? Infinity : HEADER_BYTES + length
  if (end > frame.length) throw new FrameError(`a frame of ${frame.length} bytes has no header`)
  try {
    const header: unknown = JSON.parse(frame.toString('utf8', HEADER_BYTES, end))
    return { header, body: frame.subarray(end) }
  } catch {
    throw new FrameError('the header of a frame is no JSON')
  }
}
