import { ContentCard } from '@/components/ContentCard'
import { requireUser } from '@/lib/auth'
import { tiersFor } from '@/lib/entitlements'
import { prisma } from '@/lib/prisma'

type Props = { searchParams: Promise<{ kind?: string }> }

export default async function LibraryPage({ searchParams }: Props) {
  const user = await requireUser()
  const { kind } = await searchParams
  const contents = await prisma.content.findMany({
    where: { clientId: null, kind: kind ?? 'article', minTier: { in: tiersFor(user) }, publishedAt: { not: null } },
    select: { id: true, slug: true, title: true, excerpt: true, tags: true, publishedAt: true },
    orderBy: { publishedAt: 'desc' },
    take: 30,
  })
  return (
    <>
      <h1>Library</h1>
      {contents.map((content) => (
        <ContentCard key={content.id} content={content} />
      ))}
    </>
  )
}
