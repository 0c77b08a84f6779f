-- name: CreateTranscriptRequest :exec
insert into transcript_requests (org_id, id, conversation_id, email)
values (app.org_id(), @id, @conversation_id, @email);

-- name: GetTranscriptRequest :one
select conversation_id, email from transcript_requests where id = @id;

-- name: DeleteTranscriptRequest :exec
delete from transcript_requests where id = @id;
