import { revalidateTag } from 'next/cache'
import { NextResponse } from 'next/server'
import { currentUser, hasRole } from '@/lib/auth'
import { SIGNALS_TAG } from '@/lib/cache-tags'
import { prisma } from '@/lib/prisma'
import { tradeChangeSchema } from '@/lib/validation/signals'

type Context = { params: Promise<{ id: string }> }

export async function PATCH(request: Request, { params }: Context) {
  try {
    const user = await currentUser()
    if (!user || !hasRole(user, 'editor')) return NextResponse.json({ error: 'Forbidden' }, { status: 403 })
    const { id } = await params
    const { tags, ...changes } = tradeChangeSchema.parse(await request.json())
    const trade = await prisma.signalTrade.update({
      where: { id },
      data: {
        ...changes,
        ...(tags ? { tags: JSON.stringify(tags) } : {}),
        ...(changes.status === 'closed' ? { closedById: user.id } : {}),
      },
    })
    revalidateTag(SIGNALS_TAG)
    return NextResponse.json(trade)
  } catch (error) {
    console.error('Trade update error:', error)
    return NextResponse.json({ error: 'Internal server error' }, { status: 500 })
  }
}
