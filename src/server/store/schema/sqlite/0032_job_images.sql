-- Who pushes an image by its digest takes it off what jobs brought, whichever job that was.
CREATE INDEX job_images_by_image ON job_images (repository_id, digest);
