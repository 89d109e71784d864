import { NextResponse } from 'next/server'
import { z } from 'zod'
import { currentUser } from '@/lib/auth'
import { prisma } from '@/lib/prisma'

type Context = { params: Promise<{ id: string }> }

const reactionSchema = z.object({ emoji: z.string().min(1).max(16) })

export async function PUT(request: Request, { params }: Context) {
  try {
    const user = await currentUser()
    if (!user) return NextResponse.json({ error: 'Unauthorized' }, { status: 401 })
    const { id } = await params
    const { emoji } = reactionSchema.parse(await request.json())
    const reaction = await prisma.reaction.upsert({
      where: { messageId_userId_emoji: { messageId: id, userId: user.id, emoji } },
      create: { messageId: id, userId: user.id, emoji },
      update: {},
    })
    return NextResponse.json(reaction)
  } catch (error) {
    console.error('Reaction error:', error)
    return NextResponse.json({ error: 'Internal server error' }, { status: 500 })
  }
}
