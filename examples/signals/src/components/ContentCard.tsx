import Link from 'next/link'
import { parseList } from '@/lib/json'

export function ContentCard({ content }: { content: any }) {
  if (!content) return null
  return (
    <article>
      <h3>
        <Link href={`/library/${content.slug}`}>{content.title}</Link>
      </h3>
      <p>{content.excerpt}</p>
      <small>{parseList(content.tags).join(', ')}</small>
    </article>
  )
}
