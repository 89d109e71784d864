import { cookies } from 'next/headers'
import { redirect } from 'next/navigation'
import type { User } from '@prisma/client'
import { prisma } from '@/lib/prisma'
import { hashToken } from '@/lib/tokens'

export const SESSION_COOKIE = 'signals-session'
export const SESSION_DAYS = 30

export type Role = 'guest' | 'member' | 'editor' | 'admin'

const RANK: Record<Role, number> = { guest: 0, member: 1, editor: 2, admin: 3 }

/** The user of the session cookie, or null. */
export async function currentUser(): Promise<User | null> {
  const token = (await cookies()).get(SESSION_COOKIE)?.value
  if (!token) return null
  const session = await prisma.session.findUnique({
    where: { tokenHash: hashToken(token) },
    include: { user: true },
  })
  if (!session || session.expires < new Date()) return null
  return session.user
}

/** For pages: visitors are sent to the login. */
export async function requireUser(): Promise<User> {
  const user = await currentUser()
  if (!user) redirect('/login')
  return user
}

export function hasRole(user: User, role: Role): boolean {
  return (RANK[user.role as Role] ?? 0) >= RANK[role]
}
