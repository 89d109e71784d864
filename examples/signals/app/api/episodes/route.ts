import { NextResponse } from 'next/server'
import { parseList } from '@/lib/json'
import { prisma } from '@/lib/prisma'

export async function GET(request: Request) {
  try {
    const category = new URL(request.url).searchParams.get('category') ?? 'macro'
    const episodes = await prisma.episode.findMany({
      where: { category, publishedAt: { not: null } },
      orderBy: { publishedAt: 'desc' },
      take: 20,
    })
    return NextResponse.json(episodes.map((episode) => ({ ...episode, topics: parseList(episode.topics) })))
  } catch (error) {
    console.error('Episode list error:', error)
    return NextResponse.json({ error: 'Internal server error' }, { status: 500 })
  }
}
