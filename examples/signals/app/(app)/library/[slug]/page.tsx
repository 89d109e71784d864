import { notFound } from 'next/navigation'
import { MDXRemote } from 'next-mdx-remote/rsc'
import { BookmarkButton } from '@/components/BookmarkButton'
import { requireUser } from '@/lib/auth'
import { mayRead } from '@/lib/entitlements'
import { parseList } from '@/lib/json'
import { prisma } from '@/lib/prisma'

type Props = { params: Promise<{ slug: string }> }

export default async function ContentPage({ params }: Props) {
  const user = await requireUser()
  const { slug } = await params
  const content = await prisma.content.findUnique({
    where: { slug },
    include: { author: { select: { name: true } } },
  })
  if (!content || !mayRead(user, content.minTier)) notFound()
  return (
    <article>
      <h1>{content.title}</h1>
      <p>
        {content.author?.name} <small>{parseList(content.tags).join(', ')}</small>
      </p>
      <BookmarkButton contentId={content.id} />
      <MDXRemote source={content.body} />
    </article>
  )
}
