import { marked } from 'marked'

interface ShownMessage {
  id: string
  body: string
  createdAt: Date
  user: { name: string }
}

export function MessageList({ messages }: { messages: ShownMessage[] }) {
  return (
    <ol>
      {messages.map((message) => (
        <li key={message.id}>
          <strong>{message.user.name}</strong> <time>{message.createdAt.toISOString()}</time>
          <div dangerouslySetInnerHTML={{ __html: marked.parse(message.body, { async: false }) }} />
        </li>
      ))}
    </ol>
  )
}
