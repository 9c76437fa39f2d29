package password

import (
	"container/list"
	"time"
)

// recent is a map of bounded size and age. A key is forgotten ttl after it was
// last put; when the map is full, the one put longest ago goes. Not safe for
// concurrent use.
type recent[K comparable, V any] struct {
	size  int
	ttl   time.Duration
	byKey map[K]*list.Element
	order *list.List // of *entry[K, V], the one put last in front
}

type entry[K comparable, V any] struct {
	key   K
	value V
	put   time.Time
}

func newRecent[K comparable, V any](size int, ttl time.Duration) *recent[K, V] {
	return &recent[K, V]{size: size, ttl: ttl, byKey: make(map[K]*list.Element), order: list.New()}
}

func (r *recent[K, V]) get(key K, now time.Time) (value V, ok bool) {
	e, ok := r.byKey[key]
	if !ok {
		return value, false
	}
	if at := e.Value.(*entry[K, V]); now.Sub(at.put) < r.ttl {
		return at.value, true
	}
	r.remove(key)
	return value, false
}

func (r *recent[K, V]) put(key K, value V, now time.Time) {
	if e, ok := r.byKey[key]; ok {
		*e.Value.(*entry[K, V]) = entry[K, V]{key, value, now}
		r.order.MoveToFront(e)
		return
	}
	for back := r.order.Back(); back != nil; back = r.order.Back() {
		at := back.Value.(*entry[K, V])
		if len(r.byKey) < r.size && now.Sub(at.put) < r.ttl {
			break
		}
		r.remove(at.key)
	}
	r.byKey[key] = r.order.PushFront(&entry[K, V]{key, value, now})
}

func (r *recent[K, V]) remove(key K) {
	if e, ok := r.byKey[key]; ok {
		r.order.Remove(e)
		delete(r.byKey, key)
	}
}
