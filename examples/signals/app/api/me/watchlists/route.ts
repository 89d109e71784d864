import { NextResponse } from 'next/server'
import { z } from 'zod'
import { currentUser } from '@/lib/auth'
import { prisma } from '@/lib/prisma'

const watchlistSchema = z.object({
  name: z.string().min(1).max(60),
  symbols: z.array(z.string().min(1).max(20)).max(100).default([]),
})

export async function POST(request: Request) {
  try {
    const user = await currentUser()
    if (!user) return NextResponse.json({ error: 'Unauthorized' }, { status: 401 })
    const { name, symbols } = watchlistSchema.parse(await request.json())
    const watchlist = await prisma.watchlist.create({
      data: {
        userId: user.id,
        name,
        items: { create: symbols.map((symbol, position) => ({ symbol, position })) },
      },
      include: { items: true },
    })
    return NextResponse.json(watchlist, { status: 201 })
  } catch (error) {
    console.error('Watchlist error:', error)
    return NextResponse.json({ error: 'Internal server error' }, { status: 500 })
  }
}
