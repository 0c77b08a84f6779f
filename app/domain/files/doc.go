// Package files keeps what is sent along with words: visitors' and agents' files, snippets' attachments, agents' pictures.
//
// Owns: the table files, the store that has the bytes (a folder, or S3), what a file's bytes say it is, signed links.
//
// Must not touch: what is said of a file in a conversation.
//
// Always true: a file is what its bytes say, not what its name or sender says; nothing that a browser would run is kept; of
// an image no metadata is stored, such as where it was taken; an organization's bytes are stored under its own name and never shared with another's.
package files
