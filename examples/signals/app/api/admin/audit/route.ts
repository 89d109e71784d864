import { NextResponse } from 'next/server'
import { z } from 'zod'
import { currentUser, hasRole } from '@/lib/auth'
import { parseObject } from '@/lib/json'
import { prisma } from '@/lib/prisma'

const querySchema = z.object({
  entity: z.string().max(40),
  entityId: z.string().max(40),
})

/** What happened to one thing. */
export async function GET(request: Request) {
  try {
    const user = await currentUser()
    if (!user || !hasRole(user, 'admin')) return NextResponse.json({ error: 'Forbidden' }, { status: 403 })
    const { entity, entityId } = querySchema.parse(Object.fromEntries(new URL(request.url).searchParams))
    const entries = await prisma.audit.findMany({
      where: { entity, entityId },
      include: { user: { select: { name: true } } },
      orderBy: { createdAt: 'desc' },
      take: 200,
    })
    return NextResponse.json(entries.map((entry) => ({ ...entry, changes: parseObject(entry.changes) })))
  } catch (error) {
    console.error('Audit list error:', error)
    return NextResponse.json({ error: 'Internal server error' }, { status: 500 })
  }
}
