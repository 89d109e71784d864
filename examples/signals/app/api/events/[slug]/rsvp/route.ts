import { NextResponse } from 'next/server'
import { z } from 'zod'
import { currentUser } from '@/lib/auth'
import { prisma } from '@/lib/prisma'

type Context = { params: Promise<{ slug: string }> }

const rsvpSchema = z.object({ status: z.enum(['going', 'maybe', 'declined']) })

export async function PUT(request: Request, { params }: Context) {
  try {
    const user = await currentUser()
    if (!user) return NextResponse.json({ error: 'Unauthorized' }, { status: 401 })
    const { slug } = await params
    const { status } = rsvpSchema.parse(await request.json())
    const event = await prisma.event.findUnique({ where: { slug }, select: { id: true } })
    if (!event) return NextResponse.json({ error: 'Not found' }, { status: 404 })
    const rsvp = await prisma.rSVP.upsert({
      where: { userId_eventId: { userId: user.id, eventId: event.id } },
      create: { userId: user.id, eventId: event.id, status },
      update: { status },
    })
    return NextResponse.json(rsvp)
  } catch (error) {
    console.error('RSVP error:', error)
    return NextResponse.json({ error: 'Internal server error' }, { status: 500 })
  }
}
