import { revalidateTag } from 'next/cache'
import { NextResponse } from 'next/server'
import { z } from 'zod'
import { currentUser, hasRole } from '@/lib/auth'
import { SIGNALS_TAG } from '@/lib/cache-tags'
import { prisma } from '@/lib/prisma'

type Context = { params: Promise<{ id: string }> }

const updateSchema = z.object({ note: z.string().min(1).max(2000), price: z.number().positive().nullish() })

export async function POST(request: Request, { params }: Context) {
  try {
    const user = await currentUser()
    if (!user || !hasRole(user, 'editor')) return NextResponse.json({ error: 'Forbidden' }, { status: 403 })
    const { id } = await params
    const { note, price } = updateSchema.parse(await request.json())
    const update = await prisma.tradeUpdate.create({ data: { tradeId: id, authorId: user.id, note, price } })
    revalidateTag(SIGNALS_TAG)
    return NextResponse.json(update, { status: 201 })
  } catch (error) {
    console.error('Trade note error:', error)
    return NextResponse.json({ error: 'Internal server error' }, { status: 500 })
  }
}
