import { NextResponse } from 'next/server'
import { currentUser, hasRole } from '@/lib/auth'
import { logAudit } from '@/lib/audit'
import { onboardClient } from '@/lib/client-onboarding'
import { clientSchema } from '@/lib/validation/accounts'

export async function POST(request: Request) {
  try {
    const user = await currentUser()
    if (!user || !hasRole(user, 'admin')) return NextResponse.json({ error: 'Forbidden' }, { status: 403 })
    const data = clientSchema.parse(await request.json())
    const { client, links } = await onboardClient(data, user.id)
    await logAudit(user.id, 'create', 'client', client.id, { slug: client.slug })
    return NextResponse.json({ client, links }, { status: 201 })
  } catch (error) {
    console.error('Client create error:', error)
    return NextResponse.json({ error: 'Internal server error' }, { status: 500 })
  }
}
