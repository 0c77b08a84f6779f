-- +goose Up

-- What a language model's settings begin with stands in the program only (settings.DefaultLanguageModel).
alter table language_models
  alter column enabled drop default,
  alter column automatic drop default,
  alter column mask drop default;

-- +goose Down
alter table language_models
  alter column enabled set default true,
  alter column automatic set default false,
  alter column mask set default true;
