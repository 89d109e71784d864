import { NextResponse } from 'next/server'
import { currentUser } from '@/lib/auth'
import { parseList } from '@/lib/json'
import { prisma } from '@/lib/prisma'

export async function GET() {
  try {
    const user = await currentUser()
    if (!user) return NextResponse.json({ error: 'Unauthorized' }, { status: 401 })
    const resources = await prisma.resource.findMany({ orderBy: { createdAt: 'desc' }, take: 100 })
    return NextResponse.json(resources.map((resource) => ({ ...resource, tags: parseList(resource.tags) })))
  } catch (error) {
    console.error('Resource list error:', error)
    return NextResponse.json({ error: 'Internal server error' }, { status: 500 })
  }
}
