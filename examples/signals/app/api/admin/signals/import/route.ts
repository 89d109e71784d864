import { revalidateTag } from 'next/cache'
import { NextResponse } from 'next/server'
import { currentUser, hasRole } from '@/lib/auth'
import { SIGNALS_TAG } from '@/lib/cache-tags'
import { prisma } from '@/lib/prisma'
import { importSchema } from '@/lib/validation/signals'

/** Takes over the trades of a spreadsheet, all of them or none. */
export async function POST(request: Request) {
  try {
    const user = await currentUser()
    if (!user || !hasRole(user, 'admin')) return NextResponse.json({ error: 'Forbidden' }, { status: 403 })
    const { trades } = importSchema.parse(await request.json())
    const imported = await prisma.$transaction(async (tx) => {
      const { count } = await tx.signalTrade.createMany({
        data: trades.map(({ tags, ...trade }) => ({
          ...trade,
          tags: JSON.stringify(tags),
          metadata: JSON.stringify({ source: 'import' }),
          createdById: user.id,
        })),
      })
      await tx.audit.create({
        data: { userId: user.id, action: 'import', entity: 'signalTrade', entityId: '', changes: JSON.stringify({ count }) },
      })
      return count
    })
    revalidateTag(SIGNALS_TAG)
    return NextResponse.json({ imported }, { status: 201 })
  } catch (error) {
    console.error('Trade import error:', error)
    return NextResponse.json({ error: 'Internal server error' }, { status: 500 })
  }
}
