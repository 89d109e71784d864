import { NextResponse } from 'next/server'
import { currentUser, hasRole } from '@/lib/auth'
import { prisma } from '@/lib/prisma'
import { episodeSchema } from '@/lib/validation/content'

export async function POST(request: Request) {
  try {
    const user = await currentUser()
    if (!user || !hasRole(user, 'editor')) return NextResponse.json({ error: 'Forbidden' }, { status: 403 })
    const { topics, ...data } = episodeSchema.parse(await request.json())
    const episode = await prisma.episode.create({
      data: { ...data, topics: JSON.stringify(topics), hostId: user.id },
    })
    return NextResponse.json(episode, { status: 201 })
  } catch (error) {
    console.error('Episode create error:', error)
    return NextResponse.json({ error: 'Internal server error' }, { status: 500 })
  }
}
