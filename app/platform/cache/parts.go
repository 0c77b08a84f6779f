package cache

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"reflect"
	"sync"
)

// Parts holds values that are equal in several entries of caches once. The zero value is empty. It is safe for concurrent use.
type Parts struct {
	mu    sync.Mutex
	parts map[PartKey]*part
	bytes int
}

// PartKey names a part by its content.
type PartKey [sha256.Size]byte

type part struct {
	value any
	users int
	bytes int
}

// partOverhead is what a part costs beside its value.
const partOverhead = 150

// Acquire returns the value of a type that stands in JSON, and counts one more user of it: its key is added to keys. Nobody may change what
// it returns.
func (s *Parts) Acquire(t reflect.Type, raw []byte, keys *[]PartKey) (any, error) {
	key := PartKey(sha256.Sum256(fmt.Appendf(nil, "%s %s", t, raw)))
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.parts[key]
	if p == nil {
		value := reflect.New(t)
		if err := json.Unmarshal(raw, value.Interface()); err != nil {
			return nil, err
		}
		p = &part{value: value.Elem().Interface()}
		p.bytes = SizeOf(p.value) + partOverhead
		if s.parts == nil {
			s.parts = map[PartKey]*part{}
		}
		s.parts[key] = p
		s.bytes += p.bytes
	}
	p.users++
	*keys = append(*keys, key)
	return p.value, nil
}

// Release counts one user less of each part; a part without users is dropped.
func (s *Parts) Release(keys []PartKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, key := range keys {
		p := s.parts[key]
		if p.users--; p.users == 0 {
			delete(s.parts, key)
			s.bytes -= p.bytes
		}
	}
}

// Size returns how many bytes the parts take together.
func (s *Parts) Size() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bytes
}
