import { prisma } from '@/lib/prisma'

type SecurityEventType = 'login' | 'login_failed' | 'password_changed' | 'role_changed'

/** Records access: who came in, who was refused. */
export async function logSecurityEvent(
  type: SecurityEventType,
  details: { userId?: string; ip?: string | null; metadata?: Record<string, unknown> },
) {
  await prisma.securityEvent.create({
    data: {
      type,
      userId: details.userId ?? null,
      ip: details.ip ?? null,
      metadata: details.metadata ? JSON.stringify(details.metadata) : null,
    },
  })
}
