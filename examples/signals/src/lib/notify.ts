import { prisma } from '@/lib/prisma'

export type NotificationType = 'signal' | 'event' | 'message' | 'system'

interface Notice {
  type: NotificationType
  title: string
  body?: string
  data?: Record<string, unknown>
}

/** Writes a notification for each of the users; `scripts/send-notifications.ts` sends them. */
export async function notifyAll(userIds: string[], notice: Notice) {
  const { type, title, body, data } = notice
  await prisma.notification.createMany({
    data: userIds.map((userId) => ({ userId, type, title, body, data: data ? JSON.stringify(data) : null })),
  })
}
