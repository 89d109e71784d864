import { prisma } from '@/lib/prisma'

const BATCH = 200

async function deliver(email: string, title: string, body: string | null) {
  const response = await fetch(process.env.MAIL_URL ?? 'http://localhost:8025/send', {
    method: 'POST',
    body: JSON.stringify({ email, title, body }),
  })
  if (!response.ok) throw new Error(`Mail answered ${response.status}`)
}

async function main() {
  const waiting = await prisma.notification.findMany({
    where: { status: 'pending' },
    include: { user: { select: { email: true } } },
    orderBy: { createdAt: 'asc' },
    take: BATCH,
  })
  const sent: string[] = []
  for (const notification of waiting) {
    await deliver(notification.user.email, notification.title, notification.body)
    sent.push(notification.id)
  }
  await prisma.notification.updateMany({
    where: { id: { in: sent } },
    data: { status: 'sent', sentAt: new Date() },
  })
}

main().finally(() => prisma.$disconnect())
