import { ContentCard } from '@/components/ContentCard'
import { requireUser } from '@/lib/auth'
import { prisma } from '@/lib/prisma'

export default async function DashboardPage() {
  const user = await requireUser()
  const enrollments = await prisma.enrollment.findMany({
    where: { userId: user.id, completedAt: null },
    include: { track: { select: { title: true } } },
    orderBy: { updatedAt: 'desc' },
    take: 3,
  })
  const trades = await prisma.signalTrade.findMany({
    where: { status: 'open' },
    orderBy: { entryTime: 'desc' },
    take: 5,
  })
  const events = await prisma.event.findMany({
    where: { startsAt: { gte: new Date() } },
    orderBy: { startsAt: 'asc' },
    take: 3,
  })
  const bookmarks = await prisma.bookmark.findMany({
    where: { userId: user.id, contentId: { not: null } },
    include: { content: { select: { slug: true, title: true, excerpt: true, tags: true } } },
    orderBy: { createdAt: 'desc' },
    take: 6,
  })
  const unread = await prisma.notification.count({ where: { userId: user.id, readAt: null } })

  return (
    <>
      <h1>Hello {user.name}</h1>
      <p>{unread} unread notifications</p>
      <section>
        <h2>Your tracks</h2>
        <ul>
          {enrollments.map((enrollment) => (
            <li key={enrollment.id}>
              {enrollment.track.title}: {enrollment.progressPct} %
            </li>
          ))}
        </ul>
      </section>
      <section>
        <h2>Open signals</h2>
        <ul>
          {trades.map((trade) => (
            <li key={trade.id}>
              {trade.symbol} {trade.direction} at {trade.entryPrice.toString()}
            </li>
          ))}
        </ul>
      </section>
      <section>
        <h2>Next events</h2>
        <ul>
          {events.map((event) => (
            <li key={event.id}>{event.title}</li>
          ))}
        </ul>
      </section>
      <section>
        <h2>Bookmarks</h2>
        {bookmarks.map((bookmark) => (
          <ContentCard key={bookmark.id} content={bookmark.content} />
        ))}
      </section>
    </>
  )
}
