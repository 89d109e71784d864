import { revalidateTag } from 'next/cache'
import { NextResponse } from 'next/server'
import { currentUser, hasRole } from '@/lib/auth'
import { SIGNALS_TAG } from '@/lib/cache-tags'
import { prisma } from '@/lib/prisma'
import { tradeSchema } from '@/lib/validation/signals'

export async function POST(request: Request) {
  try {
    const user = await currentUser()
    if (!user || !hasRole(user, 'editor')) return NextResponse.json({ error: 'Forbidden' }, { status: 403 })
    const { tags, ...data } = tradeSchema.parse(await request.json())
    const trade = await prisma.signalTrade.create({
      data: { ...data, tags: JSON.stringify(tags), createdById: user.id },
    })
    revalidateTag(SIGNALS_TAG)
    return NextResponse.json(trade, { status: 201 })
  } catch (error) {
    console.error('Trade create error:', error)
    return NextResponse.json({ error: 'Internal server error' }, { status: 500 })
  }
}
