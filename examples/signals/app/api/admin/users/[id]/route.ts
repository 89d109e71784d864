import { NextResponse } from 'next/server'
import { currentUser, hasRole } from '@/lib/auth'
import { prisma } from '@/lib/prisma'
import { userChangeSchema } from '@/lib/validation/accounts'

type Context = { params: Promise<{ id: string }> }

export async function PATCH(request: Request, { params }: Context) {
  try {
    const user = await currentUser()
    if (!user || !hasRole(user, 'admin')) return NextResponse.json({ error: 'Forbidden' }, { status: 403 })
    const { id } = await params
    const changes = userChangeSchema.parse(await request.json())
    const changed = await prisma.user.update({
      where: { id },
      data: changes,
      select: { id: true, role: true, tier: true },
    })
    return NextResponse.json(changed)
  } catch (error) {
    console.error('User update error:', error)
    return NextResponse.json({ error: 'Internal server error' }, { status: 500 })
  }
}
