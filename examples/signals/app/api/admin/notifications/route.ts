import { NextResponse } from 'next/server'
import { z } from 'zod'
import { currentUser, hasRole } from '@/lib/auth'
import { prisma } from '@/lib/prisma'

const typeSchema = z.enum(['signal', 'event', 'message', 'system'])

/** The latest notifications of one type, over all users. */
export async function GET(request: Request) {
  try {
    const user = await currentUser()
    if (!user || !hasRole(user, 'admin')) return NextResponse.json({ error: 'Forbidden' }, { status: 403 })
    const type = typeSchema.parse(new URL(request.url).searchParams.get('type'))
    const notifications = await prisma.notification.findMany({
      where: { type },
      orderBy: { createdAt: 'desc' },
      take: 100,
    })
    return NextResponse.json(notifications)
  } catch (error) {
    console.error('Notification list error:', error)
    return NextResponse.json({ error: 'Internal server error' }, { status: 500 })
  }
}
