package settings

import (
	"encoding"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"strconv"
	"strings"
	"time"
)

const prefix = "ASTCTI_"

// Key is one setting, by the names it goes by.
type Key struct {
	Name     string // its path in the file: "ami.retry_pause"
	Variable string // in the environment: "ASTCTI_AMI_RETRY_PAUSE"
	Default  string // as it is written; "" for none
}

// Keys lists every setting, in the order of the file.
func Keys() []Key {
	s := Defaults()
	list := make([]Key, 0, 32)
	for name, value := range s.keys() {
		list = append(list, Key{Name: name, Variable: variable(name), Default: written(value)})
	}
	return list
}

func variable(name string) string {
	return prefix + strings.ToUpper(strings.ReplaceAll(name, ".", "_"))
}

// keys yields every setting's path and where its value is kept.
func (s *Settings) keys() iter.Seq2[string, reflect.Value] {
	return func(yield func(string, reflect.Value) bool) { walk(reflect.ValueOf(s).Elem(), "", yield) }
}

func walk(group reflect.Value, path string, yield func(string, reflect.Value) bool) bool {
	for i := range group.NumField() {
		if !group.Type().Field(i).IsExported() {
			continue
		}
		name, value := path+group.Type().Field(i).Tag.Get("yaml"), group.Field(i)
		if value.Kind() == reflect.Struct {
			if !walk(value, name+".", yield) {
				return false
			}
		} else if !yield(name, value) {
			return false
		}
	}
	return true
}

// set reads a value as it is written, in the file or in the environment. The error
// says what to write instead.
func set(value reflect.Value, text string) error {
	switch to := value.Addr().Interface().(type) {
	case *string:
		*to = text
	case *Secret:
		*to = Secret(text)
	case *bool:
		if text != "true" && text != "false" {
			return fmt.Errorf("%.60q is not true or false", text)
		}
		*to = text == "true"
	case *int:
		n, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("%.60q is not a whole number", text)
		}
		*to = n
	case *time.Duration:
		d, err := time.ParseDuration(text)
		if err != nil {
			return fmt.Errorf("%.60q is not a time with its unit, like 5s or 1m30s", text)
		}
		*to = d
	case encoding.TextUnmarshaler: // the lists
		return to.UnmarshalText([]byte(text))
	default:
		return errors.ErrUnsupported // a test sets every key
	}
	return nil
}

// written is the reverse of set, secrets masked.
func written(value reflect.Value) string {
	switch list := value.Interface().(type) {
	case Networks:
		return strings.Join(list.list(), ",")
	case Origins:
		return strings.Join(list, ",")
	case Prefixes:
		return strings.Join(list, ",")
	}
	return fmt.Sprint(value.Interface())
}
