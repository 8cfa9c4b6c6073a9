/** Tells the arrivals of operations apart where one names another (core/operation.ts, `arrivalKey`). */
export const CODE = { send: 1, read: 2, history: 3, inbox: 4, typing: 5 } as const
