import { NextResponse } from 'next/server'
import { currentUser, hasRole } from '@/lib/auth'
import { logAudit } from '@/lib/audit'
import { prisma } from '@/lib/prisma'
import { eventSchema } from '@/lib/validation/content'

export async function POST(request: Request) {
  try {
    const user = await currentUser()
    if (!user || !hasRole(user, 'editor')) return NextResponse.json({ error: 'Forbidden' }, { status: 403 })
    const { tags, streamUrl, ...data } = eventSchema.parse(await request.json())
    const event = await prisma.event.create({
      data: {
        ...data,
        tags: JSON.stringify(tags),
        metadata: streamUrl ? JSON.stringify({ streamUrl }) : null,
        hostId: user.id,
      },
    })
    await logAudit(user.id, 'create', 'event', event.id, { slug: event.slug })
    return NextResponse.json(event, { status: 201 })
  } catch (error) {
    console.error('Event create error:', error)
    return NextResponse.json({ error: 'Internal server error' }, { status: 500 })
  }
}
