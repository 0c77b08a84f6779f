// Package files owns files: those that visitors and agents send, snippets' attachments, agents' pictures.
//
// It owns the tables files, uploads and storage_usage, the store that has the bytes (a folder, or S3), the detection of what a file is from
// its bytes, and signed links. Messages about files belong to package conversation; package attachment sends both.
//
// Always true: a file's type is what its bytes say, not what its name or sender says; nothing that a browser would run is stored; no
// metadata of an image is stored, such as where it was taken; an organization's bytes are stored under its own name and never shared.
package files
