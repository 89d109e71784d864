import { NextResponse } from 'next/server'
import { currentUser, hasRole } from '@/lib/auth'
import { prisma } from '@/lib/prisma'

export async function GET() {
  try {
    const user = await currentUser()
    if (!user || !hasRole(user, 'admin')) return NextResponse.json({ error: 'Forbidden' }, { status: 403 })
    const users = await prisma.user.findMany({
      select: { id: true, email: true, name: true, role: true, tier: true, createdAt: true },
      orderBy: { createdAt: 'desc' },
    })
    return NextResponse.json(users)
  } catch (error) {
    console.error('User list error:', error)
    return NextResponse.json({ error: 'Internal server error' }, { status: 500 })
  }
}
