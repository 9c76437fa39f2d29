package ami

import "strings"

// Answer is a copy of a response, to keep.
type Answer struct {
	response string
	fields   []answerField
}

type answerField struct {
	key   Key
	value string
}

// AnswerOf copies a response.
func AnswerOf(m *Message) Answer {
	a := Answer{
		response: string(m.Response()),
		fields:   make([]answerField, 0, m.Len()),
	}
	for i := range m.Len() {
		if k := m.KeyAt(i); k != Unknown {
			a.fields = append(a.fields, answerField{k, strings.Clone(m.StringAt(i))})
		}
	}
	return a
}

// OK says whether a response is not an error. The words of success differ by version
// and action ("Success", "Pong", "Goodbye", "Events On", "Follows").
func (a Answer) OK() bool { return a.response != "Error" && a.response != "" }

// Get is the value of the first header k; "" when there is none.
func (a Answer) Get(k Key) string {
	for _, f := range a.fields {
		if f.key == k {
			return f.value
		}
	}
	return ""
}
