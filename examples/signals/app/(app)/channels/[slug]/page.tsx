import { notFound } from 'next/navigation'
import { MessageList } from '@/components/MessageList'
import { requireUser } from '@/lib/auth'
import { mayRead } from '@/lib/entitlements'
import { prisma } from '@/lib/prisma'

type Props = { params: Promise<{ slug: string }> }

export default async function ChannelPage({ params }: Props) {
  const user = await requireUser()
  const { slug } = await params
  const channel = await prisma.channel.findUnique({
    where: { slug },
    include: {
      messages: {
        select: { id: true, body: true, createdAt: true, user: { select: { name: true } } },
        orderBy: { createdAt: 'desc' },
        take: 50,
      },
    },
  })
  if (!channel || !mayRead(user, channel.minTier)) notFound()
  return (
    <>
      <h1>{channel.name}</h1>
      <p>{channel.topic}</p>
      <MessageList messages={channel.messages} />
    </>
  )
}
