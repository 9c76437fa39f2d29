package ami

import "strings"

// Answer is a copy of a response, or of one event of a list, to keep.
type Answer struct {
	event, response string
	fields          []answerField
}

type answerField struct {
	key   Key
	value string
}

// AnswerOf copies a message.
func AnswerOf(m *Message) Answer {
	a := Answer{
		event:    string(m.Event()),
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

// Event is the event's name; "" for a response.
func (a Answer) Event() string { return a.event }

// OK says whether a response is not an error. The words of success differ by version
// and action ("Success", "Pong", "Goodbye", "Events On", "Follows").
func (a Answer) OK() bool { return a.event != "" || a.response != "Error" && a.response != "" }

// Get is the value of the first header k; "" when there is none.
func (a Answer) Get(k Key) string {
	for _, f := range a.fields {
		if f.key == k {
			return f.value
		}
	}
	return ""
}

// All are the values of all headers k, in order.
func (a Answer) All(k Key) []string {
	var all []string
	for _, f := range a.fields {
		if f.key == k {
			all = append(all, f.value)
		}
	}
	return all
}
