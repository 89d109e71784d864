import { NextResponse } from 'next/server'
import { currentUser } from '@/lib/auth'
import { prisma } from '@/lib/prisma'

export async function POST(request: Request) {
  try {
    const user = await currentUser()
    if (!user) return NextResponse.json({ error: 'Unauthorized' }, { status: 401 })
    const { tag, weight } = await request.json()
    const interest = await prisma.userInterest.upsert({
      where: { userId_tag: { userId: user.id, tag } },
      create: { userId: user.id, tag, weight },
      update: { weight },
    })
    return NextResponse.json(interest)
  } catch (error) {
    console.error('Interest error:', error)
    return NextResponse.json({ error: 'Internal server error' }, { status: 500 })
  }
}
