"""What a hub of repositories does not do is refused in words: no call hangs, breaks the client or seems to work."""

from hub import USER, HubTest


class NotOffered(HubTest):
    def all_refused(self, calls):
        for number, call in enumerate(calls):
            with self.subTest(number=number):
                self.not_offered(call)

    def test_buckets(self):
        api, bucket = self.api, f"{USER}/bucket"
        (self.folder / "file").write_bytes(b"x")
        self.all_refused((
            lambda: api.create_bucket(bucket), lambda: api.bucket_info(bucket), lambda: api.delete_bucket(bucket),
            lambda: api.list_buckets(), lambda: api.list_bucket_tree(bucket),
            lambda: api.get_bucket_paths_info(bucket, ["a"]), lambda: api.get_bucket_file_metadata(bucket, "a"),
            lambda: api.batch_bucket_files(bucket, delete=["a"]), lambda: api.move_bucket(bucket, bucket + "2"),
            lambda: api.update_bucket_settings(bucket, private=True),
            lambda: api.sync_bucket(str(self.folder), f"hf://buckets/{bucket}")))

    def test_jobs(self):
        api, job = self.api, "0123456789abcdef01234567"
        self.all_refused((
            lambda: api.run_job(image="i", command=["c"]), lambda: api.inspect_job(job_id=job),
            lambda: api.list_jobs(), lambda: api.list_jobs_hardware(), lambda: api.cancel_job(job_id=job),
            lambda: api.create_scheduled_job(image="i", command=["c"], schedule="@daily"),
            lambda: api.list_scheduled_jobs(), lambda: api.inspect_scheduled_job(scheduled_job_id=job),
            lambda: api.delete_scheduled_job(scheduled_job_id=job),
            lambda: api.resume_scheduled_job(scheduled_job_id=job),
            lambda: api.suspend_scheduled_job(scheduled_job_id=job),
            lambda: api.trigger_scheduled_job(scheduled_job_id=job),
            lambda: api.update_job_labels(job_id=job, labels={}),
            lambda: api.update_scheduled_job_labels(scheduled_job_id=job, labels={})))

    def test_running_spaces(self):
        self.api.create_repo(self.repo, repo_type="space", space_sdk="static")
        self.addCleanup(self.api.delete_repo, self.repo, repo_type="space")
        api, space = self.api, self.repo
        self.all_refused((
            lambda: api.get_space_runtime(space), lambda: api.pause_space(space), lambda: api.restart_space(space),
            lambda: api.request_space_hardware(space, "cpu-basic"), lambda: api.set_space_sleep_time(space, 60),
            lambda: api.request_space_storage(space, "small"), lambda: api.delete_space_storage(space),
            lambda: api.add_space_secret(space, "k", "v"), lambda: api.get_space_secrets(space),
            lambda: api.delete_space_secret(space, "k"), lambda: api.add_space_variable(space, "k", "v"),
            lambda: api.get_space_variables(space), lambda: api.delete_space_variable(space, "k"),
            lambda: api.set_space_volumes(space, []), lambda: api.delete_space_volumes(space),
            lambda: api.enable_space_dev_mode(space), lambda: api.disable_space_dev_mode(space),
            lambda: api.list_spaces_hardware(), lambda: api.list_space_templates(),
            lambda: api.search_spaces("x")))

    def test_papers(self):
        api = self.api
        self.all_refused((
            lambda: api.list_daily_papers(), lambda: api.list_papers(query="x"), lambda: api.paper_info("2401.00001"),
            lambda: api.read_paper("2401.00001")))

    def test_collections(self):
        api, slug = self.api, f"{USER}/some-0123456789abcdef01234567"
        self.all_refused((
            lambda: api.create_collection("Title"), lambda: api.get_collection(slug), lambda: api.list_collections(),
            lambda: api.delete_collection(slug), lambda: api.update_collection_metadata(slug, title="New"),
            lambda: api.add_collection_item(slug, self.repo, "model"),
            lambda: api.update_collection_item(slug, "0123", note="n"),
            lambda: api.delete_collection_item(slug, "0123"),
            lambda: api.update_collection_resource_group(slug, "0123")))

    def test_kernels_and_leaderboards(self):
        self.all_refused((lambda: self.api.kernel_info(self.repo), lambda: self.api.get_dataset_leaderboard(self.repo)))

    def test_programs(self):
        """The same from the command line: an exit code and a sentence."""
        for words in (("buckets", "list"), ("buckets", "create", "b"), ("buckets", "info", f"{USER}/b"),
                      ("jobs", "list"), ("jobs", "hardware"), ("jobs", "inspect", "0123"), ("papers", "list"),
                      ("papers", "info", "2401.00001"), ("collections", "list"), ("collections", "create", "t"),
                      ("spaces", "templates"), ("spaces", "hardware"), ("spaces", "search", "x")):
            with self.subTest(words=words):
                self.hf(*words, code=1)
