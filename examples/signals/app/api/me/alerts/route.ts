import { NextResponse } from 'next/server'
import { currentUser } from '@/lib/auth'
import { prisma } from '@/lib/prisma'

export async function GET() {
  try {
    const user = await currentUser()
    if (!user) return NextResponse.json({ error: 'Unauthorized' }, { status: 401 })
    const alerts = await prisma.priceAlert.findMany({
      where: { userId: user.id },
      orderBy: [{ symbol: 'asc' }, { price: 'asc' }],
    })
    return NextResponse.json(alerts)
  } catch (error) {
    console.error('Alert list error:', error)
    return NextResponse.json({ error: 'Internal server error' }, { status: 500 })
  }
}

export async function POST(request: Request) {
  try {
    const user = await currentUser()
    if (!user) return NextResponse.json({ error: 'Unauthorized' }, { status: 401 })
    const body = await request.json()
    const alert = await prisma.priceAlert.create({ data: { ...body, userId: user.id } })
    return NextResponse.json(alert, { status: 201 })
  } catch (error) {
    console.error('Alert create error:', error)
    return NextResponse.json({ error: 'Internal server error' }, { status: 500 })
  }
}
